"""Who is in the calls of a series, under which names, in which fonts, and how their call programs lay them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.calls.clients import CLIENTS, Client
from benchmarks.calls.drawn_clients import drawn_clients
from benchmarks.calls.footage import OTHER_PEOPLE, PEOPLE
from vqaprep.settings.seeds import rng_for


@dataclass(frozen=True)
class Cast:
    """What the films of a series are drawn from; `names` says for each caption what is asked for."""

    people: tuple[str, ...]
    names: Mapping[str, str]
    staff: tuple[str, ...]
    fonts: tuple[str, ...]
    clients: Mapping[str, Client] = field(default_factory=lambda: CLIENTS)


_FIRST = Cast(
    people=tuple(PEOPLE),
    names={
        name: {"Miller, Jane": "Jane Miller", "Nora Hansen (she/her)": "Nora Hansen"}.get(name, name)
        for name in (
            "Jane Miller", "Maria Silva", "P-017", "Participant 12", "Tom Becker", "Wei Zhang", "Ana Popescu",
            "Olga Novak", "ID-1034", "Lucas Martin", "Sofia Rossi", "Miller, Jane", "Nora Hansen (she/her)", "S_12",
            "Emma de Vries",
        )
    },
    staff=("Interviewer", "Dr. Ellen Smith", "Moderator", "Paul Weber", "Study Team", "Hanna Berg (Host)"),
    fonts=("DejaVuSans.ttf", "DejaVuSansCondensed.ttf", "DejaVuSans-Bold.ttf"),
)  # fmt: skip

_OTHER_NAMES = {
    name: {"Okafor, Grace": "Grace Okafor", "Lea Brandt (they/them)": "Lea Brandt", "Ivan's iPad": "Ivan"}.get(
        name, name
    )
    for name in (
        "Ruth Adler", "Kofi Mensah", "Okafor, Grace", "SUBJ-204", "Patient 7", "Mei Tanaka", "Lea Brandt (they/them)",
        "Henrik Lund", "VP_033", "Ivan's iPad", "Chloe Dubois", "Aditi Rao", "R. Quispe", "Zoe Hart", "Yusuf Demir",
    )
}  # fmt: skip
_OTHER_STAFF = ("Rater", "Prof. Alan Reed", "Clinician", "Judith Kern", "Lab Room 2", "Omar Haddad (Host)")
_OTHER_FONTS = ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSansNarrow-Regular.ttf",
                "DejaVuSerif.ttf", "STIXGeneralBol.ttf", "cmss10.ttf")  # fmt: skip


def cast_of(series: str, kind: str, copy: int) -> Cast:
    """Return the cast of a film: of series whose name begins with "fresh" another than of all others.

    Rules were made while films of the first cast were looked at. The films of the other cast are for measuring.
    """
    if not series.startswith("fresh"):
        return _FIRST
    clients = drawn_clients(rng_for(0, "clients", series, kind, copy))
    return Cast(tuple(OTHER_PEOPLE), _OTHER_NAMES, _OTHER_STAFF, _OTHER_FONTS, clients)
