"""Names of the files of a network folder."""

LINKS_FILE = "links.parquet"
BOUNDARY_FILE = "boundary.geojson"
DISTRICTS_FILE = "districts.geojson"
SOURCE_FILE = "source.toml"
NETWORK_FILES = (LINKS_FILE, BOUNDARY_FILE, DISTRICTS_FILE, SOURCE_FILE)
# stands in a folder while its files are being replaced
UNFINISHED_FILE = "unfinished"
