"""The version of the service, as its package metadata has it."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("engram-assistants")
except PackageNotFoundError:  # run from a checkout that was not installed
    VERSION = "0+unknown"
