//! Tests of the ranges.
