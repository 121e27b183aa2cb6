// Passes each request to the function that the first part of its path names, in a worker of its
// own, after its token was checked (HS256 under the installation's secret).

const FOLDER = "/home/deno/functions";
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const CHECKED = Deno.env.get("VERIFY_JWT") !== "false";
const LIMITS = { memoryLimitMb: 150, workerTimeoutMs: 60_000 };

const key = await crypto.subtle.importKey(
  "raw",
  new TextEncoder().encode(Deno.env.get("JWT_SECRET") ?? ""),
  { name: "HMAC", hash: "SHA-256" },
  false,
  ["verify"],
);

function decode(part: string): Uint8Array {
  const text = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function read(part: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(decode(part)));
}

async function isValid(token: string): Promise<boolean> {
  const parts = token.split(".");
  if (parts.length !== 3) return false;
  try {
    const [header, claims] = [read(parts[0]), read(parts[1])];
    if (header.alg !== "HS256") return false;
    const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
    if (!(await crypto.subtle.verify("HMAC", key, decode(parts[2]), signed))) return false;
    return typeof claims.exp !== "number" || claims.exp > Date.now() / 1000;
  } catch {
    return false;
  }
}

function answer(status: number, message: string): Response {
  return Response.json({ message }, { status });
}

Deno.serve(async (request: Request) => {
  const name = new URL(request.url).pathname.split("/")[1] ?? "";
  if (!NAME.test(name)) return answer(400, "the path names no function");
  const token = request.headers.get("authorization")?.replace(/^Bearer /i, "") ?? "";
  if (CHECKED && request.method !== "OPTIONS" && !(await isValid(token))) {
    return answer(401, "the token is missing or not valid");
  }
  try {
    await Deno.stat(`${FOLDER}/${name}`);
  } catch {
    return answer(404, `there is no function ${name}`);
  }
  try {
    const worker = await EdgeRuntime.userWorkers.create({
      servicePath: `${FOLDER}/${name}`,
      envVars: Object.entries(Deno.env.toObject()),
      noModuleCache: false,
      importMapPath: null,
      ...LIMITS,
    });
    return await worker.fetch(request);
  } catch (cause) {
    console.error(cause);
    return answer(500, `the function ${name} failed; its log says why`);
  }
});
