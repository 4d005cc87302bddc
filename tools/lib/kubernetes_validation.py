#!/usr/bin/env python3
"""Validates what deploy/k8s makes against the schemas of Kubernetes, strictly: no unknown fields."""

import pathlib
import sys

import kubernetes_objects
import kubernetes_validate

# The oldest in which all that is used here is on by default: native sidecars and sleep before a stop.
VERSIONS = ["1.30", "1.34"]


def main():
    root = pathlib.Path(__file__).resolve().parents[2] / "deploy/k8s"
    count = 0
    for folder in kubernetes_objects.folders(root):
        for object in kubernetes_objects.build(folder):
            for version in VERSIONS:
                validate(folder, object, version)
                count += 1
    check_that_it_can_fail()
    print(f"kubernetes: {count} objects are valid in {' and '.join(VERSIONS)}")


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
