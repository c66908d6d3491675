package io.silverback.server.gzip;

/**
 * A piece of a page, deflated on its own: it refers to nothing before it, does not end the stream,
 * and ends at a whole byte.
 *
 * @param crc the CRC-32 of what was deflated
 * @param length of what was deflated
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares or changes them.
record Segment(byte[] deflated, int crc, int length) {}
