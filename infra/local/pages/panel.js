"use strict";
// The outbox as mail to read; everything comes from the panel's own calls, and each mail's HTML stays shut in.

const find = (id) => document.getElementById(id);
const made = (tag, more = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), more);
  element.append(...inside);
  return element;
};

async function asked(path, init) {
  const answer = await fetch(path, init);
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

function note(text, isWrong = false) {
  find("note").textContent = text;
  find("note").classList.toggle("wrong", isWrong);
}

const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const long = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  timeZoneName: "short",
});

let mails = []; // newest first
let isLoaded = false;
let isBusy = false;
const opened = new Set();

// The list

function isTo(mail, address) {
  return mail.to.some((each) => each.toLowerCase().includes(address));
}

function list() {
  const wanted = find("to").value.trim().toLowerCase();
  const found = mails.filter((mail) => isTo(mail, wanted));
  find("count").textContent = mails.length ? (wanted ? `${found.length} of ${mails.length}` : `${mails.length}`) : "";
  const focused = document.activeElement?.closest("#mails a")?.hash;
  find("mails").replaceChildren(...found.map(line));
  if (focused) [...find("mails").querySelectorAll("a")].find((each) => each.hash === focused)?.focus();
  find("nothing").hidden = found.length > 0;
  find("nothing").textContent = mails.length ? "No mail to this address." : "The desk has mailed nothing yet.";
}

function line(mail) {
  const link = made("a", { href: `#${encodeURIComponent(mail.id)}` },
    made("span", {}, mail.to.join(", "), made("time", { dateTime: mail.at }, short.format(new Date(mail.at)))),
    made("b", {}, mail.subject));
  if (mail.id === chosen()) link.setAttribute("aria-current", "true");
  link.classList.toggle("unread", !opened.has(mail.id));
  return made("li", {}, link);
}

function addresses() {
  const known = [...new Set(mails.flatMap((mail) => mail.to))].sort();
  find("addresses").replaceChildren(...known.map((value) => made("option", { value })));
}

// The mail that is open: the address's own fragment names it, so that back and forward work

const chosen = () => decodeURIComponent(location.hash.slice(1));
const filtered = () => new URLSearchParams(location.search).get("to") ?? "";

function read() {
  const mail = mails.find((each) => each.id === chosen());
  document.body.classList.toggle("reading", Boolean(mail));
  if (mail) opened.add(mail.id);
  find("reader").replaceChildren(...(mail ? parts(mail) : [made("p", { className: "empty" }, "Choose a mail to read it.")]));
  list();
}

function parts(mail) {
  const facts = made("dl");
  const told = [["From", mail.from], ["To", mail.to.join(", ")], ["Sent", long.format(new Date(mail.at))]];
  for (const [name, value] of told) facts.append(made("dt", {}, name), made("dd", {}, value));
  const headers = Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return [
    made("a", { href: "#", id: "back" }, "← All mail"),
    made("h2", {}, mail.subject),
    facts,
    part("Text", true, made("pre", {}, ...linked(mail.text))),
    ...(mail.html ? [part("HTML", true, shutIn(mail.html))] : []),
    part("Headers", false, made("pre", {}, headers)),
  ];
}

function part(name, open, inside) {
  return made("details", { open }, made("summary", {}, name), inside);
}

function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/).map((piece, index) =>
    index % 2 ? made("a", { href: piece, target: "_blank", rel: "noopener noreferrer" }, piece) : piece);
}

// A mail's own HTML may show, never run or reach this page; its links open in a new tab, as in a mailbox.
function shutIn(html) {
  const mail = new DOMParser().parseFromString(html, "text/html");
  for (const each of mail.querySelectorAll("a[href], area[href]")) {
    each.target = "_blank";
    each.rel = "noopener noreferrer";
  }
  const frame = made("iframe", { title: "The mail as HTML" });
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.srcdoc = `<!doctype html>${mail.documentElement.outerHTML}`;
  return frame;
}

// What changes by itself

async function look() {
  try {
    const [outbox, clock, state] = await Promise.all([asked("/outbox.json"), asked("/clock"), asked("/state.json")]);
    const now = new Date(clock.now);
    Object.assign(find("clock"), { dateTime: clock.now, textContent: long.format(now), title: clock.now });
    count(state);
    if (isLoaded && outbox.length === mails.length) return;
    mails = outbox.reverse();
    addresses();
    if (isLoaded) list();
    else read();
    isLoaded = true;
  } catch (error) {
    note(error.message, true);
  }
}

function count(state) {
  const rows = Object.entries(state).flatMap(([name, value]) => typeof value === "object"
    ? Object.entries(value).map(([key, n]) => [`${name}: ${key}`, n]) : [[name, value]]);
  find("counts").replaceChildren(...rows.map(([name, value]) =>
    made("tr", {}, made("td", {}, name), made("td", {}, String(value)))));
}

// What people do

async function working(text, work) {
  if (isBusy) return;
  const buttons = document.querySelectorAll("button"), before = mails.length;
  isBusy = true;
  for (const each of buttons) each.disabled = true;
  note(text);
  try {
    await work();
    await look();
    const more = mails.length - before;
    note(more ? `${more} new ${more === 1 ? "mail" : "mails"}.` : "No new mail.");
  } catch (error) {
    note(error.message, true);
  } finally {
    isBusy = false;
    for (const each of buttons) each.disabled = false;
  }
}

find("time").addEventListener("click", (event) => {
  const advance = event.target.dataset.by;
  if (advance) working("Time passes…", () => asked("/clock", { method: "POST", body: JSON.stringify({ advance }) }));
});

const word = (text) => `=?utf-8?B?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`;

find("letter").addEventListener("submit", (event) => {
  event.preventDefault();
  const letter = Object.fromEntries(new FormData(event.target));
  const raw = [`From: ${letter.from}`, `To: ${letter.to}`, `Subject: ${word(letter.subject)}`,
    `Message-ID: <${crypto.randomUUID()}@panel.example>`, `Date: ${new Date().toUTCString()}`, "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", letter.text].join("\r\n");
  working("The letter is on its way…", async () => {
    await asked("/mail", { method: "POST", body: raw });
    await asked("/settle", { method: "POST" });
  });
});

find("to").addEventListener("input", () => {
  const to = find("to").value.trim();
  history.replaceState(null, "", `${to ? `?${new URLSearchParams({ to })}` : "/"}${location.hash}`);
  list();
});

// Links to mails, and back and forward, which may change the filter too.
window.addEventListener("popstate", () => {
  find("to").value = filtered();
  read();
  if (!chosen()) return;
  find("reader").focus({ preventScroll: true });
  find("reader").scrollIntoView({ block: "nearest" });
});

find("to").value = filtered();
look();
setInterval(() => { if (!document.hidden && !isBusy) look(); }, 3000);
