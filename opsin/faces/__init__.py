"""Faces: find, verify, enroll and search, all of it on this machine."""

from .calibration import REFERENCE as REFERENCE
from .calibration import DEFAULT_FAR as DEFAULT_FAR
from .calibration import Calibration as Calibration
from .enrolling import PhotoNote as PhotoNote
from .enrolling import enroll as enroll
from .enrolling import people_of as people_of
from .enrolling import subject as subject
from .found import FoundFace as FoundFace
from .gallery import Gallery as Gallery
from .gallery import Person as Person
from .gallery import Template as Template
from .gallery_file import read_gallery as read_gallery
from .gallery_file import write_gallery as write_gallery
from .packaged import EMBEDDING_DIGEST as EMBEDDING_DIGEST
from .photos import PhotoFaces as PhotoFaces
from .photos import find_faces as find_faces
from .recognizer import FaceRecognizer as FaceRecognizer
from .recognizer import load_recognizer as load_recognizer
from .verdicts import Verdict as Verdict
from .verdicts import search as search
from .verdicts import verify as verify
