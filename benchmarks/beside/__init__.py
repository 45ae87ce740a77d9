"""What a user would otherwise pick, with the same data and questions: PostgreSQL with PostGIS."""
