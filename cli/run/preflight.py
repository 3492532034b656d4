"""What would make the start fail later, told now and in one sentence."""

import errno
import os
import socket
import tempfile
from pathlib import Path

from cli.output import CommandError
from configs.recommendation import RecommendationSettings


def check_port(host: str, port: int) -> None:
    """Raises CommandError when `port` cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"port {port} is in use: stop what listens there, or choose another with --port or PORT"
                ) from None
            raise CommandError(f"port {port} on {host} cannot be used: {error.strerror}") from None


def check_folder(folder: Path, variable: str) -> None:
    """Make the folder when it is missing; raises CommandError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(
            f"the folder {folder} cannot be written ({error.strerror}, as user {os.getuid()}): "
            f"make it writable or set {variable} to one that is"
        ) from None


def check_owner(data_dir: Path) -> None:
    """Raises CommandError when a recorder at work owns the data folder."""
    from pipeline.record.errors import RecorderBusy
    from pipeline.record.ownership import Ownership
    from pipeline.record.places import Places

    try:
        Ownership(Places(data_dir).lock, wait_s=0).release()
    except FileNotFoundError:
        return  # no recorder was here yet
    except RecorderBusy as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(
            f"the data folder {data_dir} is another user's ({error.strerror}): set BALTO_DATA_DIR to another folder"
        ) from None


def check_published(published_db: Path, data_dir: Path) -> None:
    """Raises CommandError when the published database would take the place of somebody else's file."""
    from pipeline.record.errors import DataFolderError
    from pipeline.record.places import Places
    from pipeline.record.publication import require_own

    try:
        require_own(published_db, Places(data_dir))
    except DataFolderError as error:
        raise CommandError(str(error)) from None


def check_shelves(settings: RecommendationSettings) -> None:
    """The catalogue and the rule file can be read; raises CommandError with file, line and reason."""
    from pipeline.recommendation.catalogue import load_catalogue
    from pipeline.recommendation.errors import RecommendationError
    from pipeline.recommendation.rulebook import load_rulebook

    try:
        catalogue = load_catalogue(settings.catalogue)
        load_rulebook(settings.rules, catalogue.prescription_names())
    except RecommendationError as error:
        raise CommandError(str(error)) from None
