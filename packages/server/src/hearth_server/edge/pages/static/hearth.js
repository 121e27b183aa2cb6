// What pages do beyond links and forms: upload with progress, follow documents, ask before deleting.
"use strict";

document.documentElement.classList.add("scripted");

const csrf = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const live = document.getElementById("live");

function say(text) {
  if (live) live.textContent = text;
}

function readable(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1000; unit += 1; }
  return `${unit ? bytes.toFixed(1).replace(/\.0$/, "") : bytes} ${units[unit]}`;
}

// --- uploads: one request a file, two at a time, so that each has its own progress and fate

function uploadForm(form) {
  const input = form.querySelector('input[type="file"]');
  const list = document.getElementById("uploads");
  const limit = Number(form.dataset.limit);
  const waiting = [];
  let busy = 0;

  function add(files) {
    for (const file of files) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = file.name;
      const state = document.createElement("span");
      state.className = "quiet";
      state.textContent = readable(file.size);
      const bar = document.createElement("progress");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", `Uploading ${file.name}`);
      item.append(name, state, bar);
      list.append(item);
      if (limit && file.size > limit) refuse(item, bar, `is larger than ${readable(limit)}`, file.name);
      else waiting.push({ file, item, state, bar });
    }
    next();
  }

  function refuse(item, bar, why, name) {
    bar.remove();
    const fault = document.createElement("p");
    fault.className = "fault";
    fault.textContent = why;
    item.append(fault);
    say(`${name}: ${why}`);
  }

  function next() {
    while (busy < 2 && waiting.length) {
      busy += 1;
      send(waiting.shift()).finally(() => { busy -= 1; next(); });
    }
  }

  function send({ file, item, state, bar }, triesLeft = 2) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.append("files", file, file.name);
      request.open("POST", "/api/v1/documents");
      request.setRequestHeader("X-CSRF-Token", csrf);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        bar.value = (event.loaded / event.total) * 100;
        state.textContent = `${readable(event.loaded)} of ${readable(event.total)}`;
      });
      request.addEventListener("load", () => {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { answer = {}; }
        if (request.status === 201) {
          say(`${file.name} is uploaded`);
          item.remove();
          for (const each of answer.documents ?? []) showRow(each.id);
        } else {
          refuse(item, bar, answer.message ?? `the server answered ${request.status}`, file.name);
        }
        done();
      });
      request.addEventListener("error", () => {
        // The same file twice is one document, so trying again is harmless.
        if (triesLeft) {
          setTimeout(() => send({ file, item, state, bar }, triesLeft - 1).then(done), 1000);
          return;
        }
        refuse(item, bar, "the connection broke; nothing of it was kept, try again", file.name);
        done();
      });
      request.send(body);
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add(input.files);
    form.reset();
  });
  input.addEventListener("change", () => { add(input.files); form.reset(); });
  for (const kind of ["dragenter", "dragover"]) {
    form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.remove("over"); });
  }
  form.addEventListener("drop", (event) => add(event.dataTransfer.files));
}

// --- documents: rows are rendered by the server and replaced when a document moves on

const pending = new Map();

async function showRow(id) {
  const entry = pending.get(id);
  if (entry) { entry.again = true; return; }
  const mine = { again: false };
  pending.set(id, mine);
  try {
    const answer = await fetch(`/documents/${id}/row`, { headers: { Accept: "text/html" } });
    if (answer.ok) placeRow(id, await answer.text());
    else if (answer.status === 404) document.getElementById(`d-${id}`)?.remove();
  } finally {
    setTimeout(() => { pending.delete(id); if (mine.again) showRow(id); }, 250);
  }
}

function placeRow(id, html) {
  const list = document.querySelector("[data-follow]");
  if (!list) return;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const row = holder.content.querySelector("[data-document]");
  const old = document.getElementById(`d-${id}`);
  if (!old && !list.hasAttribute("data-whole")) return;
  const was = old?.dataset.status;
  const focused = old?.contains(document.activeElement);
  if (old) old.replaceWith(row); else list.prepend(row);
  document.getElementById("none")?.remove();
  if (focused) row.querySelector("a, button")?.focus();
  if (was !== row.dataset.status) announce(row);
  if (was && was !== "ready" && row.dataset.status === "ready" && list.hasAttribute("data-reload")) location.reload();
}

function announce(row) {
  const words = { ready: "is ready", failed: "has failed", cancelled: "is cancelled" };
  const word = words[row.dataset.status];
  if (word) say(`${row.dataset.title} ${word}`);
}

function follow() {
  const events = new EventSource("/api/v1/documents/events");
  const unfinished = "[data-status=queued], [data-status=running]";
  const lookAgain = (which) => {
    for (const row of document.querySelectorAll(which)) showRow(row.dataset.document);
  };
  let opened = false;
  events.addEventListener("open", () => {
    // What moved while nobody listened is asked for: before the first news, or in a break.
    lookAgain(opened ? "[data-document]" : unfinished);
    opened = true;
    setTimeout(lookAgain, 2000, unfinished);
  });
  events.addEventListener("document", (message) => {
    const event = JSON.parse(message.data);
    if (event.document) showRow(event.document_id);
    else document.getElementById(`d-${event.document_id}`)?.remove();
  });
  addEventListener("pagehide", () => events.close());
}

function askFirst(dialog) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-delete]");
    if (!link) return;
    event.preventDefault();
    dialog.querySelector("form").action = link.getAttribute("href");
    dialog.querySelector("[data-name]").textContent = link.closest("[data-title]").dataset.title;
    dialog.showModal();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
}

function copyButton(button) {
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      say("Copied");
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      say("Selected; copy it with your keyboard");
    }
  });
}

// --- what a page does not wait for: fetched once it is there; without that, the link in its place stays

async function fetchLate(place) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.dataset.fetch, { headers: { Accept: "text/html" } });
    // Whoever was signed out meanwhile is led to another page, which does not belong in here.
    if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
  } catch { /* the link is still there */ } finally {
    place.removeAttribute("aria-busy");
  }
}

// --- questions: the answer is shown as it is written, then replaced by the checked one

function askForm(form) {
  const place = document.getElementById("answered");
  const stop = form.querySelector("[data-stop]");
  let control = null;

  function show(...nodes) {
    place.replaceChildren(...nodes);
  }

  function fault(text) {
    const alert = document.createElement("div");
    alert.className = "alert bad";
    alert.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = text;
    alert.append(line);
    place.querySelector(".working")?.remove();
    place.append(alert);
  }

  async function ask() {
    control?.abort();
    const mine = new AbortController();
    control = mine;
    const step = document.createElement("p");
    step.className = "quiet working";
    const text = document.createElement("p");
    text.className = "text answer";
    show(step, text);
    stop.hidden = false;
    place.setAttribute("aria-busy", "true");
    let isWhole = false;
    const told = {
      progress: (event) => { step.textContent = event.label; say(event.label); },
      text: (event) => { text.textContent += event.text; },
      problem: (event) => { isWhole = true; fault(event.message); },
      answer: (event) => {
        isWhole = true;
        const holder = document.createElement("template");
        holder.innerHTML = event.html;
        show(holder.content);
        say("The answer is complete");
        history.replaceState(null, "", `/ask?q=${encodeURIComponent(form.elements.q.value)}`);
      },
    };
    try {
      const response = await fetch("/ask", {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/event-stream" },
        signal: mine.signal,
      });
      if (!response.ok || !response.body) {
        let problem = {};
        try { problem = await response.json(); } catch { problem = {}; }
        throw new Error(problem.message ?? `the server answered ${response.status}`);
      }
      await readEvents(response.body, (kind, event) => told[kind]?.(event));
      if (!isWhole) throw new Error("the connection broke before the answer was whole; ask again");
    } catch (error) {
      if (mine.signal.aborted) { if (control === mine) fault("You stopped it; this was not checked."); }
      else fault(error.message);
    } finally {
      if (control === mine) { stop.hidden = true; place.removeAttribute("aria-busy"); }
    }
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  stop.addEventListener("click", () => control?.abort());
}

async function readEvents(body, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const blocks = held.split("\n\n");
    held = blocks.pop();
    for (const block of blocks) {
      const kind = block.match(/^event: (.*)$/m)?.[1];
      const data = block.match(/^data: (.*)$/m)?.[1];
      if (kind && data) tell(kind, JSON.parse(data));
    }
  }
}

const upload = document.getElementById("upload");
if (upload) uploadForm(upload);
const question = document.getElementById("ask");
if (question) askForm(question);
if (document.querySelector("[data-follow]")) follow();
const sure = document.getElementById("sure");
if (sure) askFirst(sure);
for (const button of document.querySelectorAll("[data-copy]")) copyButton(button);
for (const place of document.querySelectorAll("[data-fetch]")) fetchLate(place);
for (const id of ["answer"]) document.getElementById(id)?.focus();
if (location.hash.startsWith("#p-")) document.getElementById(location.hash.slice(1))?.focus({ preventScroll: true });
