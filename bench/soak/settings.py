"""The product's settings, and the part that lets its processes die at named points."""

from shiptrack_site.settings import *  # noqa: F403 (settings are names)
from shiptrack_site.settings import INSTALLED_APPS as OF_THE_PRODUCT

INSTALLED_APPS = [*OF_THE_PRODUCT, "bench.soak.crashing.Crashing"]
