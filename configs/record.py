"""Settings of the recorder: where things are kept, how often they are published, for how long."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class RecordSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    # On the ingress side: the spool and the courier that empties it. A card waits for neither of the first two.
    write_every_ms: int = Field(
        200, ge=0, description="how long events nobody waits for gather before they are written"
    )
    deliver_every_ms: int = Field(2000, ge=0, description="how long events gather before the writer gets them")
    spool_timeout_s: float = Field(5.0, gt=0, description="a spool that cannot be synced in this time is an error")
    deliver_timeout_s: float = Field(10.0, gt=0, description="a delivery unanswered for this long is sent again")
    retry_first_s: float = Field(0.2, gt=0, description="wait before the first delivery retry; doubles each time")
    retry_longest_s: float = Field(5.0, gt=0)
    batch_bytes: int = Field(
        512 << 10,
        ge=4096,
        le=2 << 20,
        description="of spooled lines in one delivery, which stays under Ray's gRPC limit",
    )
    spool_segment_bytes: int = Field(
        16 << 20, ge=4096, description="of one spool file, reserved: what a process can write on a full volume"
    )
    spool_cache_bytes: int = Field(16 << 20, ge=4096, description="undelivered events kept in memory; older: from disk")
    spool_backlog_events: int = Field(20_000, ge=100, description="events waiting for the disk before record() refuses")
    orphan_scan_s: float = Field(20.0, gt=0, description="how often spools of dead processes are looked for")

    # On the recorder side.
    lock_wait_s: float = Field(15.0, ge=0, description="how long a restarted recorder waits for the old one to let go")
    group_batches: int = Field(64, ge=1, description="deliveries that share one transaction at the most")
    writer_threads: int = Field(1, ge=1, description="of DuckDB; a second one mostly waits for the first")
    writer_memory_mb: int = Field(1024, ge=128)
    publish_every_s: float = Field(5.0, gt=0, description="the shortest time between two publications")
    publish_cost_factor: float = Field(5.0, ge=1, description="a publication waits this many times its last cost")
    housekeeping_every_s: float = Field(300.0, gt=0, description="how often closed days are sealed and old data purged")
    removal_retry_s: float = Field(
        30.0, gt=0, description="a purge or an erasure that a full disk cut short is tried again after this long"
    )
    timezone: str = Field("America/Sao_Paulo", description="whose midnight ends a day")
    seal_after_days: int = Field(1, ge=1, description="a day becomes Parquet when it is this many days past")
    archive_seen_as: str | None = Field(
        None, description="the archive folder's path where analysts read it, when it is mounted elsewhere"
    )

    # Privacy (LGPD).
    publish_texts: bool = Field(False, description="also publish redacted transcripts and explanations, readable")
    texts_kept_days: int = Field(30, ge=1)
    facts_kept_days: int = Field(730, ge=1)
    errors_kept_days: int = Field(180, ge=1)
    purge_gap_days: int = Field(
        30, ge=2, description="a clock this many days past the last purge is not trusted: nothing is purged by it"
    )
    master_key_file: Path | None = Field(
        None, description="32 bytes that wrap session keys; default: in the data folder"
    )

    # POST /consulta and `balto query --server`.
    query_time_s: float = Field(20.0, gt=0)
    query_memory_mb: int = Field(1024, ge=256)
    query_spill_mb: int = Field(256, ge=0)
    query_rows: int = Field(1_000_000, ge=1)
    query_bytes: int = Field(256 << 20, ge=1024)
    query_threads: int = Field(2, ge=1)
    query_at_once: int = Field(2, ge=1)
    query_unconfined: bool = Field(False, description="answer also where the kernel cannot keep a query from files")
