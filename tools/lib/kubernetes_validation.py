#!/usr/bin/env python3
"""Validates what deploy/k8s makes against the schemas of Kubernetes, strictly: no unknown fields.

Where kubectl is there, what its kustomize makes is validated too, and its containers are compared.
"""

import pathlib
import shutil
import subprocess
import sys

import kubernetes_objects
import kubernetes_validate
import yaml

# The oldest in which all that is used here is on by default: native sidecars and sleep before a stop.
VERSIONS = ["1.30", "1.34"]


def main():
    root = pathlib.Path(__file__).resolve().parents[2] / "deploy/k8s"
    count = 0
    for folder in kubernetes_objects.folders(root):
        objects = kubernetes_objects.build(folder)
        for object in objects + made_by_kubectl(folder, objects):
            for version in VERSIONS:
                validate(folder, object, version)
                count += 1
    check_that_it_can_fail()
    print(f"kubernetes: {count} objects are valid, in {' and '.join(VERSIONS)}")


def made_by_kubectl(folder, objects):
    if not shutil.which("kubectl"):
        return []
    text = subprocess.run(
        ["kubectl", "kustomize", folder], check=True, capture_output=True, text=True, timeout=60
    ).stdout
    made = list(yaml.safe_load_all(text))
    if containers(made) != containers(objects):
        sys.exit(f"{folder}: kustomize makes other containers than kubernetes_objects.py")
    return made


def containers(objects):
    pods = [object["spec"].get("template", {}).get("spec", {}) for object in objects if "spec" in object]
    return [pod.get("initContainers", []) + pod["containers"] for pod in pods if pod]


def validate(folder, object, version):
    try:
        kubernetes_validate.validate(object, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        sys.exit(f"{folder}: {object['kind']} {object['metadata']['name']}, {version}: {error.message}")


def check_that_it_can_fail():
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"prots": []}}
    try:
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)
    except kubernetes_validate.ValidationError:
        return
    sys.exit("kubernetes: a wrong field was taken")


if __name__ == "__main__":
    main()
