"""Facts of a DICOM file from an allow-list; identifiers of the patient leave this file only as digests."""

import hashlib
from typing import Any

_FACTS = {
    "Modality": "modality",
    "PatientSex": "sex",
    "Manufacturer": "manufacturer",
    "ManufacturerModelName": "model",
    "BodyPartExamined": "body_part",
    "MagneticFieldStrength": "field_strength",
}
_BAND = 10


def facts_of(header: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns facts on patient and scanner, and notes.

    Args:
        header: pydicom data set.

    Returns:
        Facts by name: modality, sex, age_band (ten years), manufacturer, model, body_part, field_strength, site (a
        digest), burnt_in ("yes", "no" or "unknown"); and notes.
    """
    facts: dict[str, str] = {}
    for keyword, name in _FACTS.items():
        text = " ".join(str(header.get(keyword) or "").split())[:64]
        if text:
            facts[name] = text
    age = age_band(str(header.get("PatientAge") or ""))
    if age:
        facts["age_band"] = age
    site = str(header.get("InstitutionName") or "")
    if site:
        facts["site"] = digest_of(site)
    burnt = str(header.get("BurnedInAnnotation") or "").strip().upper()
    facts["burnt_in"] = {"YES": "yes", "NO": "no"}.get(burnt, "unknown")
    notes = ("the pixels contain burnt-in annotation, perhaps identifiers",) if burnt == "YES" else ()
    return facts, notes


def patient_digest(header: Any) -> str | None:
    """Returns a digest of the patient's id; None where the file has none."""
    patient = str(header.get("PatientID") or "").strip()
    return digest_of(patient) if patient else None


def digest_of(text: str) -> str:
    """Returns a short digest, equal for equal text.

    Examples:
        >>> len(digest_of("patient 7"))
        12
    """
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def age_band(age: str) -> str:
    """Returns the ten years that an age in DICOM's form belongs to; empty where it is not valid.

    Examples:
        >>> age_band("047Y"), age_band("011M"), age_band("old")
        ('40-49', '0-9', '')
    """
    digits, unit = age[:-1], age[-1:].upper()
    if not digits.isdigit() or unit not in "YMWD" or not unit:
        return ""
    years = int(digits) if unit == "Y" else 0
    start = years // _BAND * _BAND
    return f"{start}-{start + _BAND - 1}" if years < 90 else "90 or more"
