/** A wish that cannot be fulfilled: one line, which says what to write instead. Exit 2, before any socket opens. */
export class UsageFault extends Error {
  override readonly name = "UsageFault";
}
