"""The service of one finance department: API, HSM signing, relayer, indexer and pages."""
