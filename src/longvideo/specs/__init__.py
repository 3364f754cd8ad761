"""Typed, validated specifications read from `config/`."""
