"""Make Python environments with other versions of packages, for contenders to compute in."""
