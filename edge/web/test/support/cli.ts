import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { momentsAt } from "../driver/moments.ts";
import { launchChromium } from "./chromium.ts";
import { serveScripted } from "./serve.ts";

// Takes a picture of every scene, at phone and desktop width, by day and by night:
//   node edge/web/test/support/cli.ts <folder> [scene …]

const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;

const [folder, ...wanted] = process.argv.slice(2);
if (folder === undefined) throw new Error("say where to put the pictures");
await mkdir(folder, { recursive: true });
const served = await serveScripted(1_204);
const browser = await launchChromium();
try {
  for (const moment of Object.keys(momentsAt(0))) {
    if (wanted.length > 0 && !wanted.includes(moment)) continue;
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of ["light", "dark"] as const) {
        const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 1 });
        await page.addInitScript(() => {
          localStorage.setItem(
            "whisper.wish",
            JSON.stringify({ interests: ["photography", "travel", "night trains"], languages: [] }),
          );
        });
        await page.goto(`${served.url}/#${moment}`);
        await page.waitForTimeout(900); // entrance motion
        await page.screenshot({ path: join(folder, `${moment}-${size}-${colorScheme}.png`) });
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
  await served.stop();
}
