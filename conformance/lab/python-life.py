"""A tunnel's whole life by the Python client of vici: python-life.py CLIENT SOCKET LOCAL REMOTE LOCAL_TS REMOTE_TS SECRET."""

import json
import socket
import sys
import threading

client, path, local, remote, local_ts, remote_ts, secret = sys.argv[1:]
sys.path.insert(0, client)

import vici  # noqa: E402  (only now is its place known)

EVENTS = ["ike-updown", "child-updown", "child-rekey", "ike-rekey"]
PATIENCE = 60


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(path)
    return vici.Session(connection)


def plain(value):
    """Bytes become text, so that what came can be compared and printed."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return {plain(key): plain(entry) for key, entry in value.items()}


class Listener(threading.Thread):
    """What happens meanwhile, seen by a second client."""

    def __init__(self):
        super().__init__(daemon=True)
        self.session = connect()
        self.seen = []
        self.news = threading.Condition()
        self.ready = threading.Event()

    def run(self):
        for label, event in self.session.listen(EVENTS):
            with self.news:
                self.seen.append((plain(label), plain(event)))
                self.news.notify_all()

    def wait_for(self, label, up=None):
        """Takes what has come up to that event."""

        def found():
            for index, (name, event) in enumerate(self.seen):
                if name == label and (up is None or ("up" in event) == up):
                    return index
            return None

        with self.news:
            if not self.news.wait_for(lambda: found() is not None, PATIENCE):
                raise SystemExit(f"no event {label}, up={up}: {json.dumps(self.seen)}")
            index = found()
            event = self.seen[index][1]
            del self.seen[index]
            return event


def expect(what, is_so):
    if not is_so:
        raise SystemExit(f"not so: {what}")


def tunnels(session):
    return [plain(entry)["py"] for entry in session.list_sas({"ike": "py"})]


def established(session):
    return [ike["initiator-spi"] for ike in tunnels(session) if ike["state"] == "ESTABLISHED"]


def installed(session):
    children = [child for ike in tunnels(session) for child in ike["child-sas"].values()]
    return [child["spi-in"] for child in children if child["state"] == "INSTALLED"]


def settle(read, wanted, what):
    """What follows an event may take a moment more."""
    for _ in range(PATIENCE * 5):
        value = read()
        if wanted(value):
            return value
        threading.Event().wait(0.2)
    raise SystemExit(f"not so: {what}: {json.dumps(value)}")


def main():
    session, listener = connect(), Listener()
    expect("the daemon tells its version", plain(session.version())["daemon"] != "")
    listener.start()

    session.load_shared({"id": "py-key", "type": "IKE", "data": secret, "owners": [local, remote]})
    expect("the key is loaded", plain(session.get_shared())["keys"] == ["py-key"])
    child = {"local_ts": [local_ts], "remote_ts": [remote_ts], "esp_proposals": ["aes128gcm128-x25519"]}
    session.load_conn(
        {
            "py": {
                "version": "2",
                "local_addrs": [local],
                "remote_addrs": [remote],
                "proposals": ["aes128-sha256-x25519"],
                "local": {"auth": "psk", "id": local},
                "remote": {"auth": "psk", "id": remote},
                "children": {"net": child},
            }
        }
    )
    expect("the connection is loaded", plain(session.get_conns())["conns"] == ["py"])
    [conn] = [plain(entry) for entry in session.list_conns({"ike": "py"})]
    expect("the child has its selectors", conn["py"]["children"]["net"]["local-ts"] == [local_ts])

    log = [plain(line) for line in session.initiate({"child": "net", "timeout": "30000"})]
    expect("there are lines of the log", any("msg" in line for line in log))
    up = listener.wait_for("ike-updown", up=True)
    expect("the IKE SA is the one", up["py"]["state"] == "ESTABLISHED")
    listener.wait_for("child-updown", up=True)
    [ike] = tunnels(session)
    [before] = ike["child-sas"].values()
    expect("the Child SA is installed", before["state"] == "INSTALLED" and before["name"] == "net")

    expect("one Child SA is rekeyed", plain(session.rekey({"child": "net"}))["matches"] == "1")
    listener.wait_for("child-rekey")
    settle(lambda: installed(session), lambda spis: spis not in ([], [before["spi-in"]]), "there is a new Child SA")
    expect("one IKE SA is rekeyed", plain(session.rekey({"ike": "py"}))["matches"] == "1")
    listener.wait_for("ike-rekey")
    settle(lambda: established(session), lambda spis: spis not in ([], [ike["initiator-spi"]]), "there is a new IKE SA")

    for _ in session.terminate({"ike": "py", "timeout": "30000"}):
        pass
    listener.wait_for("ike-updown", up=False)
    settle(lambda: tunnels(session), lambda found: found == [], "nothing is left")

    session.unload_conn({"name": "py"})
    expect("no connection is left", plain(session.get_conns())["conns"] == [])
    session.unload_shared({"id": "py-key"})
    expect("no key is left", plain(session.get_shared())["keys"] == [])
    try:
        list(session.initiate({"child": "net", "timeout": "1000"}))
    except vici.exception.CommandException:
        return
    raise SystemExit("not so: what is unloaded cannot be initiated")


main()
