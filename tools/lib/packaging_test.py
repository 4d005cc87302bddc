#!/usr/bin/env python3
"""What packages a node says the same as its settings: the Dockerfile, deploy/k8s and deploy/systemd.

The settings are read from the table of docs/OPERATIONS.md, which a test compares with the program.
"""

import json
import pathlib
import re
import tempfile
import tomllib
import unittest

import kubernetes_objects

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(\w+)` \| `?(.*?)`? \|", re.MULTILINE)


def text(path):
    return (ROOT / path).read_text(encoding="utf-8")


SETTINGS = dict(ROW.findall(text("docs/OPERATIONS.md").split("dcs settings --markdown`; a test")[1]))
PORTS = {int(SETTINGS["port"]), int(SETTINGS["metrics_port"])}


def instruction(name):
    """The arguments of the Dockerfile's last instruction of this name, continued lines joined."""
    joined = text("Dockerfile").replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)[-1]


def setting(variable):
    """The key that a DCS_ variable sets."""
    return variable.removeprefix("DCS_").removesuffix("_FILE").lower()


class DockerfileTest(unittest.TestCase):
    def setUp(self):
        self.environment = dict(re.findall(r"(\w+)=(\S+)", instruction("ENV")))

    def test_every_variable_is_a_setting(self):
        for variable in self.environment:
            self.assertIn(setting(variable), SETTINGS)

    def test_the_ports_are_those_of_the_settings(self):
        self.assertEqual({int(port) for port in instruction("EXPOSE").split()}, PORTS)
        for line in [text("Dockerfile"), text("README.md"), text("docs/OPERATIONS.md")]:
            for published in re.findall(r"-p (\d+):(\d+)", line):
                self.assertTrue({int(port) for port in published} <= PORTS, published)

    def test_it_answers_from_outside_and_says_that_it_is_open(self):
        self.assertEqual(self.environment["DCS_LISTEN"], "0.0.0.0")
        self.assertEqual(self.environment["DCS_INSECURE"], "true")

    def test_the_store_is_below_the_volume(self):
        volume = instruction("VOLUME")
        self.assertEqual(pathlib.Path(self.environment["DCS_DATA_DIR"]).parent, pathlib.Path(volume))

    def test_it_runs_as_a_number_that_is_not_root_and_owns_the_volume(self):
        user, group = instruction("USER").split(":")
        self.assertGreater(int(user), 0)
        self.assertIn(f"chown {user}:{group} {instruction('VOLUME')}", text("Dockerfile"))

    def test_it_checks_and_starts_itself(self):
        check = json.loads(instruction("HEALTHCHECK").split("CMD", 1)[1])
        self.assertEqual(check, ["dcs", "health"])
        self.assertEqual(json.loads(instruction("ENTRYPOINT")), ["dcs"])
        self.assertEqual(json.loads(instruction("CMD")), ["serve"])

    def test_what_it_copies_is_there_and_not_ignored(self):
        allowed = {line[1:] for line in text(".dockerignore").split() if line.startswith("!")}
        for line in re.findall(r"^COPY (?!--from)(.*)$", text("Dockerfile"), re.MULTILINE):
            for path in line.split()[:-1]:
                self.assertTrue((ROOT / path).exists(), path)
                self.assertIn(path, allowed)


class KubernetesTest(unittest.TestCase):
    """Every folder of deploy/k8s with a kustomization, built."""

    def nodes(self):
        for folder in kubernetes_objects.folders(ROOT / "deploy/k8s"):
            objects = kubernetes_objects.build(folder)
            for object in objects:
                pod = object.get("spec", {}).get("template", {}).get("spec")
                for container in containers(pod) if pod else []:
                    if container["image"].startswith("dcs:"):
                        yield folder.name, object, pod, container

    def test_there_is_a_node_in_each(self):
        self.assertEqual(
            {name for name, *_ in self.nodes()}, {"base", "development", "production", "sidecar"}
        )

    def test_every_variable_and_key_is_a_setting(self):
        for name, _, _, container in self.nodes():
            for variable in container["env"]:
                self.assertIn(setting(variable["name"]), SETTINGS, name)
        for key in tomllib.loads(text("deploy/k8s/base/config.toml")):
            self.assertIn(key, SETTINGS)

    def test_ports_user_and_volume_are_those_of_the_image(self):
        user = int(instruction("USER").split(":")[0])
        for name, _, pod, container in self.nodes():
            self.assertEqual({port["containerPort"] for port in container["ports"]}, PORTS, name)
            context = pod["securityContext"] | container["securityContext"]
            self.assertEqual((context["runAsUser"], context["fsGroup"]), (user, user), name)
            mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
            self.assertIn(instruction("VOLUME"), mounts, name)

    def test_it_may_do_nothing_that_it_does_not_need(self):
        for name, _, pod, container in self.nodes():
            context = container["securityContext"]
            self.assertTrue(context["readOnlyRootFilesystem"], name)
            self.assertFalse(context["allowPrivilegeEscalation"], name)
            self.assertEqual(context["capabilities"]["drop"], ["ALL"], name)
            self.assertTrue(pod["securityContext"]["runAsNonRoot"], name)
            self.assertFalse(pod["automountServiceAccountToken"], name)

    def test_only_development_is_open(self):
        for name, _, _, container in self.nodes():
            values = {entry["name"]: entry.get("value") for entry in container["env"]}
            self.assertEqual(values["DCS_INSECURE"], str(name == "development").lower(), name)
            is_local = values.get("DCS_LISTEN") == "127.0.0.1"
            closed = "DCS_JWT_SECRET_FILE" in values
            self.assertTrue(is_local or closed or name == "development", name)

    def test_the_memory_fits_the_container_and_the_disk_its_volume(self):
        config = tomllib.loads(text("deploy/k8s/base/config.toml"))
        for name, object, pod, container in self.nodes():
            values = {entry["name"]: entry.get("value") for entry in container["env"]}
            memory = values.get("DCS_MAX_MEMORY", config["max_memory"])
            limit = container["resources"]["limits"]["memory"]
            self.assertLessEqual(size(memory), 0.9 * size(limit), name)
            disk = values.get("DCS_MAX_DISK", config["max_disk"])
            self.assertLessEqual(size(disk), 0.85 * size(volume(object, pod)), name)

    def test_the_sidecar_is_a_native_one(self):
        sidecar = [container for name, _, _, container in self.nodes() if name == "sidecar"]
        self.assertEqual([container["restartPolicy"] for container in sidecar], ["Always"])

    def test_services_policies_and_budgets_choose_the_node(self):
        objects = kubernetes_objects.build(ROOT / "deploy/k8s/base")
        labels = named(objects, "StatefulSet")[0]["spec"]["template"]["metadata"]["labels"]
        services = named(objects, "Service")
        selectors = [service["spec"]["selector"] for service in services]
        selectors.append(named(objects, "PodDisruptionBudget")[0]["spec"]["selector"]["matchLabels"])
        selectors.append(named(objects, "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"])
        for selector in selectors:
            self.assertTrue(selector.items() <= labels.items(), selector)
        headless = [service for service in services if service["spec"].get("clusterIP") == "None"]
        governing = named(objects, "StatefulSet")[0]["spec"]["serviceName"]
        self.assertEqual([service["metadata"]["name"] for service in headless], [governing])


def named(objects, kind):
    return [object for object in objects if object["kind"] == kind]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def volume(object, pod):
    """The size of the volume of the store."""
    claims = object["spec"].get("volumeClaimTemplates")
    if claims:
        return claims[0]["spec"]["resources"]["requests"]["storage"]
    return pod["volumes"][0]["emptyDir"]["sizeLimit"]


def size(value):
    number, unit = re.fullmatch(r"(\d+)([KMG]i)B?", value).groups()
    return int(number) << {"Ki": 10, "Mi": 20, "Gi": 30}[unit]


class BuildTest(unittest.TestCase):
    """What stands in for kustomize here."""

    def patched(self, operation, path, value=None):
        object = {"list": [1, 2], "a/b": {"c": 3}}
        kubernetes_objects.apply(object, {"op": operation, "path": path, "value": value})
        return object

    def test_patches_do_what_they_say(self):
        self.assertEqual(self.patched("add", "/list/-", 9)["list"], [1, 2, 9])
        self.assertEqual(self.patched("add", "/list/0", 9)["list"], [9, 1, 2])
        self.assertEqual(self.patched("replace", "/list/1", 9)["list"], [1, 9])
        self.assertEqual(self.patched("remove", "/list/0")["list"], [2])
        self.assertEqual(self.patched("replace", "/a~1b/c", 9)["a/b"], {"c": 9})
        self.assertEqual(self.patched("remove", "/a~1b/c")["a/b"], {})

    def test_a_place_that_is_not_there_is_an_error(self):
        for operation, path in [("replace", "/none"), ("remove", "/a~1b/d"), ("move", "/list/0")]:
            with self.assertRaises(kubernetes_objects.Refused):
                self.patched(operation, path)
        with self.assertRaises((KeyError, IndexError)):
            self.patched("add", "/none/deeper", 1)

    def test_what_is_not_known_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "kustomization.yaml")
            path.write_text("resources: []\nimages: []\n")
            with self.assertRaises(kubernetes_objects.Refused):
                kubernetes_objects.build(folder)
            path.write_text("resources: []\npatches: [{target: {kind: A, name: b}, path: p}]\n")
            pathlib.Path(folder, "p").write_text("[{op: remove, path: /x}]")
            with self.assertRaises(kubernetes_objects.Refused):
                kubernetes_objects.build(folder)


class UnitTest(unittest.TestCase):
    def setUp(self):
        self.unit = text("deploy/systemd/dcs.service")

    def value(self, key):
        return re.findall(rf"^{key}=(.*)$", self.unit, re.MULTILINE)

    def test_the_manager_hears_the_node_and_watches_it(self):
        self.assertEqual(self.value("Type"), ["notify"])
        self.assertEqual(len(self.value("WatchdogSec")), 1)

    def test_every_variable_is_a_setting_and_the_store_in_the_state_folder(self):
        for entry in self.value("Environment"):
            variable, value = entry.split("=", 1)
            self.assertIn(setting(variable), SETTINGS)
            if variable == "DCS_DATA_DIR":
                self.assertTrue(value.startswith("/var/lib/" + self.value("StateDirectory")[0] + "/"))

    def test_its_user_is_made(self):
        user = self.value("User")[0]
        self.assertIn(f"u {user} -", text("deploy/systemd/dcs.sysusers"))

    def test_it_stops_later_than_the_node_gives_up(self):
        grace = float(SETTINGS["shutdown_grace"])
        self.assertGreater(float(self.value("TimeoutStopSec")[0].removesuffix("s")), grace)


if __name__ == "__main__":
    unittest.main()
