"""Pictures whose bytes depend on what they show alone: figures of the documents, and plots of tables."""
