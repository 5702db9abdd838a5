"""Systems where logs live: Loki, Elasticsearch and OpenSearch, Splunk, Datadog.

Each is written after its vendor's documents and tried against a stub of them, not against the
system itself.
"""

from warroom.logs.engines.datadog import Datadog
from warroom.logs.engines.elastic import Elastic
from warroom.logs.engines.enginelog import EngineLog, open_engine
from warroom.logs.engines.loki import Loki
from warroom.logs.engines.model import Engine
from warroom.logs.engines.splunk import Splunk

__all__ = ["Datadog", "Elastic", "Engine", "EngineLog", "Loki", "Splunk", "open_engine"]
