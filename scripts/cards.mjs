#!/usr/bin/env node
// Draws docs/discord-card.png and docs/slack-card.png: what is sent to a chat as a person would see it, light and dark. Of what each
// was drawn stands beside them in cards.sha256: a test fails when the card is another one by now.
//
//   UPDATE_DOCS=1 cargo test --lib chat::messages    # writes what is sent to target/messages
//   node scripts/cards.mjs [OUT_DIR]
//
// Needs chromium. Nothing is installed, nothing is fetched: the looks are ours, near to those of the chats' own clients.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const out = process.argv[2] ?? "docs";
const html = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const at = (seconds, day) => new Date(seconds * 1000).toLocaleString("en-GB", {
  timeZone: "UTC", hour: "2-digit", minute: "2-digit", ...(day && { day: "numeric", month: "short" }),
});
// The pictures are taken at this moment, so that they are the same each time.
const now = Date.parse("2026-03-29T01:04:00Z") / 1000;
const relative = (seconds) => {
  const minutes = Math.round((seconds - now) / 60);
  return minutes < 0 ? `${-minutes} minutes ago` : `in ${minutes} minutes`;
};
// Fonts without emoji would show a box.
const marks = { "🔴": "#d32f2f", "🟠": "#f57c00", "🔵": "#1976d2", "🟢": "#388e3c" };
const marked = (text) => text.replace(/[🔴🟠🔵🟢]/gu, (mark) => `<s style="background:${marks[mark]}"></s>`);
// Read once: what is drawn is what is summed.
const payloads = Object.fromEntries(["discord", "slack"].map((chat) => [chat, readFileSync(join("target/messages", `${chat}.json`))]));
const sent = (chat) => JSON.parse(payloads[chat].toString("utf8"));
const sum = (chat) => createHash("sha256").update(payloads[chat]).digest("hex");

// A menu that is closed: what holds now.
const menu = (now) => `${html(now)} ▾`;

// Discord's Markdown, as far as we send it.
const discordText = (text) => html(text)
  .replace(/&lt;t:(\d+):(\w)&gt;/g, (_, seconds, style) => `<time>${style === "R" ? relative(seconds) : at(seconds, style !== "t")}</time>`)
  .replace(/\\(.)/g, "\u0001$1")
  .replace(/(?<!\u0001)\*\*(.+?)\*\*/g, "<b>$1</b>")
  .replace(/(?<!\u0001)`([^`]+)`/g, "<code>$1</code>")
  .replace(/[\u0001\u200b]/g, "");

function discord() {
  const { card, lines } = sent("discord");
  const [embed] = card.embeds;
  const field = ({ name, value, inline }) => `<div class="${inline ? "short" : "long"}"><b>${discordText(name)}</b>${discordText(value)}</div>`;
  const rows = card.components.map((row) => `<div class="row">${row.components.map((one) =>
    `<span class="button ${one.style === 1 ? "primary" : ""} ${one.options ? "menu" : ""}">${
      one.options ? menu(one.options.find((option) => option.default)?.label ?? one.placeholder) : html(one.label)}</span>`).join("")}</div>`);
  return `<article>${head()}<div class="embed" style="border-color:#${embed.color.toString(16).padStart(6, "0")}">
    <h2>${discordText(embed.title)}</h2><p>${discordText(embed.description ?? "")}</p>
    <div class="fields">${embed.fields.map(field).join("")}</div><footer>${discordText(embed.footer.text)}</footer></div>
    ${rows.join("")}</article>${lines.map((line) => `<p class="line">${discordText(line.content)}</p>`).join("")}`;
}

// Slack's mrkdwn, as far as we send it. It is escaped already.
const slackText = (text) => text
  .replace(/<!date\^(\d+)\^\{(\w+)[^|]*\|[^>]*>/g, (_, seconds, style) => `<time>${at(seconds, style !== "time")}</time>`)
  .replace(/(^|[\s(])\*([^*\n]+)\*/g, "$1<b>$2</b>")
  .replace(/`([^`]+)`/g, "<code>$1</code>")
  .replace(/\u200b/g, "");

function slack() {
  const { card, lines } = sent("slack");
  const block = (one) => {
    if (one.type === "header") return `<h2>${marked(html(one.text.text))}</h2>`;
    if (one.type === "actions") return `<div class="row">${one.elements.map((button) =>
      `<span class="button ${button.style ?? ""}">${
        button.options ? menu((button.initial_option ?? button).text?.text ?? button.placeholder.text) : html(button.text.text)}</span>`).join("")}</div>`;
    if (one.type === "context") return `<footer>${slackText(one.elements[0].text)}</footer>`;
    if (one.fields) return `<div class="fields">${one.fields.map((field) => `<div class="short">${slackText(field.text)}</div>`).join("")}</div>`;
    return `<p>${slackText(one.text.text)}</p>`;
  };
  return `<article>${head()}${card.map(block).join("")}</article>
    ${lines.map((line) => `<p class="line">${slackText(line)}</p>`).join("")}`;
}

const head = () => '<header><i>cp</i><b>commandpost</b><small>APP</small></header>';

const common = `*{box-sizing:border-box}body{margin:0;display:grid;grid-template-columns:1fr 1fr;font-size:15px;line-height:1.4}
  section{padding:20px}p,h2{margin:0 0 8px}p:empty{display:none}h2{font-size:16px}.line{margin:8px 0 0 52px}p,.short,.long{white-space:pre-line}
  s{display:inline-block;width:12px;height:12px;border-radius:50%}
  article{padding-left:52px;position:relative}header{display:flex;gap:6px;align-items:center;margin-bottom:6px}
  i{position:absolute;left:0;top:0;width:40px;height:40px;background:#1f2933;color:#fff;font-style:normal;font-weight:700;
  display:grid;place-items:center}small{font-size:10px;padding:1px 4px;border-radius:3px}footer{font-size:12px;opacity:.75;margin-top:8px}
  .row{display:flex;flex-wrap:wrap;gap:8px;margin-top:8px}.short b,.long b{display:block}.fields{display:grid;gap:8px 16px}
  .long{grid-column:1/-1}code{font-family:monospace;font-size:13px;padding:0 3px;border-radius:3px}`;
const looks = {
  discord: `body{font-family:"Noto Sans","DejaVu Sans",sans-serif}.light{background:#fff;color:#2e3338}.dark{background:#313338;color:#dbdee1}
    i{border-radius:50%}small{background:#5865f2;color:#fff}.embed{border-left:4px solid;border-radius:4px;padding:12px 16px;max-width:520px}
    .light .embed{background:#f2f3f5}.dark .embed{background:#2b2d31}.fields{grid-template-columns:repeat(3,1fr);font-size:14px}
    .button{padding:6px 14px;border-radius:4px;font-size:14px}.light .button{background:#e3e5e8}.dark .button{background:#4e5058;color:#fff}
    .button.primary{background:#5865f2!important;color:#fff}.menu{width:400px}.light code{background:#e3e5e8}.dark code{background:#1e1f22}
    time{border-radius:3px;padding:0 2px}.light time{background:#ebedef}.dark time{background:#404249}`,
  slack: `body{font-family:Lato,"Noto Sans","DejaVu Sans",sans-serif}.light{background:#fff;color:#1d1c1d}.short b{display:inline}.dark{background:#1a1d21;color:#d1d2d3}
    i{border-radius:6px}.light small{background:#ddd}.dark small{background:#35373b}.fields{grid-template-columns:1fr 1fr}
    .button{padding:5px 12px;border-radius:6px;border:1px solid;font-weight:700;font-size:13px}.light .button{border-color:#bbb}
    .dark .button{border-color:#565856}.button.primary{background:#007a5a;border-color:#007a5a!important;color:#fff}
    code{border:1px solid;opacity:.9}`,
};

const heights = { discord: 598, slack: 541 };

const folder = mkdtempSync(join(tmpdir(), "cards-"));
let failed = false;
const sums = [];
try {
  for (const [chat, shown] of Object.entries({ discord: discord(), slack: slack() })) {
    const page = join(folder, `${chat}.html`);
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${common}${looks[chat]}</style>
      <section class="light">${shown}</section><section class="dark">${shown}</section>`);
    const picture = join(out, `${chat}-card.png`);
    const drawn = spawnSync(process.env.CHROMIUM ?? "chromium", [
      "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", `--user-data-dir=${join(folder, chat)}`,
      `--window-size=1300,${heights[chat]}`, `--screenshot=${picture}`, `file://${page}`,
    ], { stdio: "ignore", timeout: 120_000 });
    failed ||= drawn.status !== 0;
    sums.push(`${sum(chat)}  ${chat}-card.png\n`);
    console.log(`${picture}${drawn.status === 0 ? "" : ": chromium failed"}`);
  }
  if (!failed) writeFileSync(join(out, "cards.sha256"), sums.join(""));
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(failed ? 1 : 0);
