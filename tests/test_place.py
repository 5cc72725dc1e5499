"""Networks by place name, against a server on loopback that answers as OpenStreetMap does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from osm_files import CROSS_NODES
from shapely import box
from shapely.geometry import mapping

from transmod.errors import InputError
from transmod.inputs.place import read_place
from transmod.network import build_network

ELEMENTS = [
    *({"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in CROSS_NODES.items()),
    {"type": "way", "id": 10, "nodes": [1, 5, 2], "tags": {"highway": "primary", "lanes": "2"}},
    {"type": "way", "id": 20, "nodes": [3, 5, 4], "tags": {"highway": "trunk", "oneway": "-1"}},
]


class Stub(BaseHTTPRequestHandler):
    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.server.asked.append(self.path)
        shape = box(9.995, -0.005, 10.02, 0.02) if "Crosstown" in self.path else None
        place = {"place_id": 1, "osm_type": "relation", "osm_id": 7, "lat": "0", "lon": "10",
                 "boundingbox": ["-0.005", "0.02", "9.995", "10.02"], "class": "boundary",
                 "type": "administrative", "display_name": "Crosstown", "importance": 0.5,
                 "addresstype": "city", "name": "Crosstown", "place_rank": 16}  # fmt: skip
        self.answer([place | {"geojson": mapping(shape)}] if shape else [])

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(text)
        self.answer({"elements": self.server.elements})

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    stub = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    stub.asked, stub.elements, stub.status = [], ELEMENTS, 200
    thread = threading.Thread(target=stub.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{stub.server_port}"
    stub.urls = {"nominatim_url": url, "overpass_url": url}
    yield stub
    stub.shutdown()
    thread.join()
    stub.server_close()


def test_network_of_a_place(server, tmp_path):
    import osmnx

    before = osmnx.settings.overpass_url, osmnx.settings.cache_folder
    facts = build_network(tmp_path / "crosstown", place="Crosstown", **server.urls)
    assert (osmnx.settings.overpass_url, osmnx.settings.cache_folder) == before
    # the eastern and western halves of way 10 both ways, the two halves of way 20 one way
    assert facts.links == 6
    assert facts.nodes == 5
    assert "motorway_link" in server.asked[1]
    source = (tmp_path / "crosstown" / "source.toml").read_text()
    assert "origin = \"OpenStreetMap, place 'Crosstown'\"" in source
    assert "--place Crosstown" in source


def test_unknown_place(server):
    with pytest.raises(InputError, match="must be known to OpenStreetMap as an area: 'Nowhere'"):
        read_place("Nowhere", **server.urls)


def test_place_without_roads(server):
    server.elements = []
    with pytest.raises(InputError, match="must"):
        read_place("Crosstown", **server.urls)


def test_server_that_does_not_answer(server):
    server.status = 500
    with pytest.raises(InputError, match="must"):
        read_place("Crosstown", **server.urls)
    nowhere = {"nominatim_url": "http://127.0.0.1:9", "overpass_url": "http://127.0.0.1:9"}
    with pytest.raises(InputError, match="must answer about 'Crosstown'"):
        read_place("Crosstown", **nowhere)
