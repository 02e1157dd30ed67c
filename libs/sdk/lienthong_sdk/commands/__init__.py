"""The commands of `lienthong`, a file for each thing they are about."""
