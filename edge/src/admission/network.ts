/**
 * What a network is for meters and hashes: an IPv4 address, or the first 64 bits of an IPv6 one; `none` for what is
 * neither.
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined || address.length > 45) return "none";
  const v4 = /^(?:::ffff:)?(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (v4 !== undefined)
    return v4.split(".").every((byte) => Number(byte) <= 255) ? v4.split(".").map(Number).join(".") : "none";
  return prefix64(address) ?? "none";
}

function prefix64(address: string): string | undefined {
  const halves = address.split("::");
  if (halves.length > 2 || !/^[0-9a-f:]*$/i.test(address) || !address.includes(":")) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
