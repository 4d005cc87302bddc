"""Objects of Kubernetes as kustomize makes them, for what deploy/k8s uses of it.

`build` reads the resources of a folder, its base included, makes config maps of files, and applies JSON
patches (RFC 6902: add, replace, remove). Anything else in a kustomization is refused, so that no check
passes over what it does not understand.
"""

import copy
import pathlib

import yaml

KNOWN = {
    "apiVersion", "kind", "resources", "patches", "configMapGenerator", "labels", "namespace",
    "namePrefix",
}


class Refused(Exception):
    """A kustomization that is wrong, or uses what is not known here."""


def folders(root):
    """Every folder with a kustomization."""
    return sorted(path.parent for path in pathlib.Path(root).rglob("kustomization.yaml"))


def build(folder):
    """The objects of a folder, patched; names keep their form without prefixes and hashes."""
    folder = pathlib.Path(folder)
    kustomization = load(folder / "kustomization.yaml")[0]
    unknown = kustomization.keys() - KNOWN
    if unknown:
        raise Refused(f"{folder}: {sorted(unknown)} is not known here")
    objects = []
    for resource in kustomization["resources"]:
        path = folder / resource
        objects += build(path) if path.is_dir() else load(path)
    objects += [config_map(folder, entry) for entry in kustomization.get("configMapGenerator", [])]
    for patch in kustomization.get("patches", []):
        patch_all(objects, patch["target"], load(folder / patch["path"])[0])
    for object in objects:
        if "namespace" in kustomization and object["kind"] != "Namespace":
            object["metadata"]["namespace"] = kustomization["namespace"]
    return objects


def load(path):
    """The documents of a file."""
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]


def config_map(folder, entry):
    data = {name: (folder / name).read_text(encoding="utf-8") for name in entry["files"]}
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": entry["name"]}, "data": data
    }


def patch_all(objects, target, operations):
    chosen = [
        object for object in objects
        if object["kind"] == target["kind"] and object["metadata"]["name"] == target["name"]
    ]
    if not chosen:
        raise Refused(f"a patch of {target}, which is not there")
    for object in chosen:
        for operation in operations:
            apply(object, operation)


def apply(object, operation):
    """One operation of a JSON patch; a place that is not there is an error."""
    *path, last = [
        part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
    ]
    place = object
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        change_list(place, last, operation)
    else:
        change_map(place, last, operation)


def change_list(place, last, operation):
    value = copy.deepcopy(operation.get("value"))
    if operation["op"] == "add":
        place.insert(len(place) if last == "-" else int(last), value)
    elif operation["op"] == "replace":
        place[int(last)] = value
    elif operation["op"] == "remove":
        del place[int(last)]
    else:
        raise Refused(f"{operation['op']} is not known here")


def change_map(place, last, operation):
    if operation["op"] != "add" and last not in place:
        raise Refused(f"{operation['path']} is not there")
    if operation["op"] in ("add", "replace"):
        place[last] = copy.deepcopy(operation["value"])
    elif operation["op"] == "remove":
        del place[last]
    else:
        raise Refused(f"{operation['op']} is not known here")
