"""A small stand-in for the Kubernetes API: one deployment with its replica sets, recording.

No cluster runs here. The client is the real kubectl; this answers the few calls it makes and applies
its patches, so that what a runbook asks for can be seen and read back.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

RESOURCES = {
    "kind": "APIResourceList",
    "groupVersion": "apps/v1",
    "resources": [
        {
            "name": n,
            "singularName": s,
            "namespaced": True,
            "kind": k,
            "verbs": ["get", "list", "patch", "watch", "update"],
            **({"group": "autoscaling", "version": "v1"} if k == "Scale" else {}),
        }
        for n, s, k in (
            ("deployments", "deployment", "Deployment"),
            ("deployments/scale", "", "Scale"),
            ("replicasets", "replicaset", "ReplicaSet"),
        )
    ],
}
REVISION = "deployment.kubernetes.io/revision"


def pods(image: str) -> dict:
    return {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "shop", "image": image}]},
    }


@dataclass
class Cluster:
    """Deployment `shop` at revision 2, with revision 1 kept."""

    patches: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.images = {"1": "shop:2026.11.19", "2": "shop:2026.11.20"}
        self.deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "shop",
                "namespace": "default",
                "uid": "d1",
                "generation": 1,
                "resourceVersion": "1",
                "annotations": {REVISION: "2"},
            },
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "shop"}},
                "template": pods(self.images["2"]),
            },
            "status": {
                "observedGeneration": 99,
                "replicas": 3,
                "updatedReplicas": 3,
                "readyReplicas": 3,
                "availableReplicas": 3,
            },
        }

    @property
    def image(self) -> str:
        return self.deployment["spec"]["template"]["spec"]["containers"][0]["image"]

    def replica_sets(self) -> list[dict]:
        return [
            {
                "metadata": {
                    "name": f"shop-{revision}",
                    "namespace": "default",
                    "uid": revision,
                    "labels": {"app": "shop"},
                    "annotations": {REVISION: revision},
                    "ownerReferences": [
                        {
                            "apiVersion": "apps/v1",
                            "kind": "Deployment",
                            "name": "shop",
                            "uid": "d1",
                            "controller": True,
                        }
                    ],
                },
                "spec": {
                    "replicas": 0,
                    "selector": {"matchLabels": {"app": "shop"}},
                    "template": pods(image),
                },
            }
            for revision, image in self.images.items()
        ]

    def scale(self) -> dict:
        return {
            "apiVersion": "autoscaling/v1",
            "kind": "Scale",
            "metadata": {"name": "shop", "namespace": "default", "resourceVersion": "1"},
            "spec": {"replicas": self.deployment["spec"]["replicas"]},
            "status": {"replicas": self.deployment["spec"]["replicas"], "selector": "app=shop"},
        }

    def patch(self, body: bytes) -> None:
        change = json.loads(body)
        self.patches.append(change)
        if isinstance(change, list):  # JSON patch: what `rollout undo` sends
            for part in change:
                target = self.deployment
                *parents, last = part["path"].strip("/").split("/")
                for key in parents:
                    target = target[key]
                target[last.replace("~1", "/")] = part["value"]
        else:
            spec = change.get("spec", {})
            for key, value in spec.items():
                if value is None:
                    self.deployment["spec"].pop(key, None)
                else:
                    self.deployment["spec"][key] = value
        revision = next(r for r, image in self.images.items() if image == self.image)
        self.deployment["metadata"]["annotations"][REVISION] = revision

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        path = path.split("?", maxsplit=1)[0]
        if method == "PATCH":
            self.patch(body)
            return 200, json.dumps(
                self.scale() if path.endswith("/scale") else self.deployment
            ).encode()
        if method == "PUT":
            self.patches.append(json.loads(body))
            self.deployment["spec"]["replicas"] = json.loads(body)["spec"]["replicas"]
            return 200, json.dumps(self.scale()).encode()
        base = "/apis/apps/v1/namespaces/default"
        found = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {
                "kind": "APIGroupList",
                "groups": [
                    {
                        "name": "apps",
                        "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
                        "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
                    }
                ],
            },
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": []},
            "/apis/apps/v1": RESOURCES,
            f"{base}/deployments/shop": self.deployment,
            f"{base}/deployments/shop/scale": self.scale(),
            f"{base}/deployments": {
                "apiVersion": "apps/v1",
                "kind": "DeploymentList",
                "metadata": {"resourceVersion": "1"},
                "items": [self.deployment],
            },
            f"{base}/replicasets": {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSetList",
                "metadata": {"resourceVersion": "1"},
                "items": self.replica_sets(),
            },
        }.get(path)
        if found is None:
            return 404, json.dumps(
                {
                    "kind": "Status",
                    "status": "Failure",
                    "code": 404,
                    "message": "not found",
                    "reason": "NotFound",
                }
            ).encode()
        return 200, json.dumps(found).encode()


def write_config(folder: Path, port: int) -> str:
    file = folder / "kubeconfig"
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "users": [{"name": "u", "user": {"token": "x"}}],
            }
        )
    )
    return str(file)
