"""DVC as the ledger of artifacts: what was made from which values, where it is stored, whether it is still whole."""
