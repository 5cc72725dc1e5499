"""The smallest set of vehicle profiles that a user could make: two vans, one table each."""

SET = """
name = "own"
title = "Two vans"
citation = "none"
licence = "none"
[defaults]
mileage_km = 50000
charging_efficiency_ac = 0.9
charging_efficiency_dc = 0.95
[conditions]
temperature_c = 15
[pole]
per_strength = 10.0
half_width_min_kmh = 0.5
half_width_max_kmh = 5.0
"""
SOURCES = """\
source,title,table,year,licence,url,obtained
measured,Own measurements,table 1,2024,own,,
"""
FUELS = """\
fuel,kind,ncv_mj_kg,co2_g_mj,co2_biogenic_g_mj,sulphur_mg_kg,density_kg_l,source,sulphur_source,\
year,error_group,verification
diesel,combustion,43.0,74.0,0,10,0.84,measured,measured,2024,co2,read
"""
GWP = """\
set,gas,gwp100,unit,source,year,verification
AR5,co2,1,t CO2e/t,measured,2013,read
AR5,ch4,28,t CO2e/t,measured,2013,read
AR5,n2o,265,t CO2e/t,measured,2013,read
"""
SEGMENTS = """\
segment,kind,fuel,size,standard,technology
van_euro5,van,diesel,all,euro5,
van_euro6,van,diesel,all,euro6,
"""
TYPES = """\
vehicle_type,vehicle_class,powertrain,fuel,size,emission_standard,technology,hot_segment,\
electric_curve,electric_share,load_fraction,nitrogen_group,bc_group,wear_group,axles
van_euro5,lcv,ice,diesel,all,euro5,,van_euro5,,0,,,,,2
van_euro6,lcv,ice,diesel,all,euro6,,van_euro6,,0,,,,,2
"""
HOT_TABLES = """\
segment,quantity,value,unit,source,year,error_group,verification
van_euro5,energy,3.0,MJ/km,measured,2024,van_energy,read
van_euro5,nox,1.2,g/km,measured,2024,van_nox,read
van_euro6,energy,2.8,MJ/km,measured,2024,van_energy,read
van_euro6,nox,0.4,g/km,measured,2024,van_nox,read
"""
CORRECTIONS = """\
condition,segment,quantity,form,low,high,includes_low,includes_high,temperature_above_c,\
temperature_up_to_c,factor,source,year,error_group,verification
speed_kmh,van_*,nox,bin,,30,false,false,,,1.5,measured,2024,speed,read
speed_kmh,van_*,nox,bin,30,,true,true,,,0.8,measured,2024,speed,read
temperature_c,*_euro6,nox,point,0,0,true,true,,,2.0,measured,2024,temperature,read
temperature_c,*_euro6,nox,point,20,20,true,true,,,1.0,measured,2024,temperature,read
"""
NONE = """\
powertrain,process,pollutant,reason
ice,electricity,*,no plug
"""
LACKING = ("co", "ch4", "n2o", "nmvoc", "pm10", "pm2_5", "bc", "nh3")
FLEET = """\
vehicle_class,trip_kind,vehicle_type,share,source,verification
lcv,all,van_euro5,0.25,measured,assumption
lcv,all,van_euro6,0.75,measured,assumption
"""


def not_estimated(pollutants=LACKING):
    """Return `not_estimated.csv`: no wear, and no exhaust but NOx, CO2 and SO2."""
    rows = ["vehicle_type,process,pollutant,reason"]
    rows += [f"*,hot,{pollutant},not measured" for pollutant in pollutants]
    rows += [
        f"*,{process},{pollutant},not measured"
        for process in ("tyre", "brake", "road_surface")
        for pollutant in ("pm10", "pm2_5", "bc")
    ]
    return "\n".join(rows) + "\n"


def write_set(folder, **files):
    """Write the set; `files` take the place of others by name without suffix, None leaves out."""
    contents = {
        "set.toml": SET,
        "sources.csv": SOURCES,
        "fuels.csv": FUELS,
        "gwp.csv": GWP,
        "segments.csv": SEGMENTS,
        "types.csv": TYPES,
        "hot_tables.csv": HOT_TABLES,
        "corrections.csv": CORRECTIONS,
        "none_by_definition.csv": NONE,
        "not_estimated.csv": not_estimated(),
        "fleets/mine.csv": FLEET,
    }
    for name, text in files.items():
        (path,) = [p for p in contents if p.rsplit("/")[-1].split(".")[0] == name]
        contents[path] = text
    (folder / "fleets").mkdir(parents=True, exist_ok=True)
    for path, text in contents.items():
        if text is not None:
            (folder / path).write_text(text, encoding="utf-8")
    return folder
