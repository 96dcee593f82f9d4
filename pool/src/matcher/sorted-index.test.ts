import fc from "fast-check";
import { expect, test } from "vitest";
import { SortedIndex } from "./sorted-index.ts";

test("[W29] an index keeps the order of score, then name, whatever is put, moved and dropped", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e");
  const act = fc.record({ name, score: fc.integer({ min: 0, max: 3 }), drops: fc.boolean() });
  fc.assert(
    fc.property(fc.array(act), (all) => {
      const index = new SortedIndex();
      const truth = new Map<string, number>();
      for (const { name: member, score, drops } of all) {
        if (drops) {
          index.drop(member);
          truth.delete(member);
        } else {
          index.put(member, score);
          truth.set(member, score);
        }
      }
      const rows = [...truth].map(([member, score]) => ({ member, score }));
      rows.sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
      expect(index.first(10)).toEqual(rows);
      expect(index.size).toBe(rows.length);
      expect(index.upTo(1, 2)).toEqual(
        rows
          .filter(({ score }) => score <= 1)
          .slice(0, 2)
          .map(({ member }) => member),
      );
      for (const { member, score } of rows) expect(index.scoreOf(member)).toBe(score);
    }),
  );
});
