import { tagWords } from "../interests.ts";

/** Interests as a line of quiet tags; nothing when there are none. */
export function TagBar({ tags, label }: { readonly tags: readonly string[]; readonly label: string }) {
  if (tags.length === 0) return null;
  return (
    <ul class="tag-bar" aria-label={label}>
      {tags.map((tag) => (
        <li key={tag}>{tagWords(tag)}</li>
      ))}
    </ul>
  );
}
