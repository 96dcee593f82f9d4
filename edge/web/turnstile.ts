/** The part of Turnstile's face that the page uses. */
type Turnstile = {
  render(
    into: HTMLElement,
    options: {
      readonly sitekey: string;
      readonly action: string;
      readonly callback: (token: string) => void;
      readonly "error-callback": () => boolean;
    },
  ): string | undefined;
  remove(widget: string): void;
};

const ADDRESS = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";

const isTurnstile = (value: unknown): value is Turnstile =>
  typeof value === "object" && value !== null && "render" in value && typeof value.render === "function";

/** Loads Turnstile's script: the page's only request to another house, made only when the edge asks for an answer. */
export function loadTurnstile(): Promise<Turnstile> {
  return new Promise((resolve, reject) => {
    const known: unknown = Reflect.get(window, "turnstile");
    if (isTurnstile(known)) return resolve(known);
    const script = document.createElement("script");
    script.src = ADDRESS;
    script.async = true;
    script.onerror = () => {
      script.remove();
      reject(new Error("turnstile did not load"));
    };
    script.onload = () => {
      const loaded: unknown = Reflect.get(window, "turnstile");
      if (isTurnstile(loaded)) resolve(loaded);
      else reject(new Error("turnstile has no render"));
    };
    document.head.append(script);
  });
}
