//! The two schemas are one: the same tables, columns, keys and indexes on both engines.
