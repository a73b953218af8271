"""What keeps a node's memory: the index made again, its records copied, restored and, when the time comes, erased."""
