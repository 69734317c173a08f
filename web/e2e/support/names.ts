/** A DNS server (RFC 1035) that knows the TXT records that a test publishes, and nothing else. */
import { createSocket, type Socket } from "node:dgram";

export class Names {
  readonly #texts = new Map<string, string>();
  readonly #socket: Socket = createSocket("udp4");
  address = "";

  static async start(): Promise<Names> {
    const names = new Names();
    names.#socket.on("message", (question, from) =>
      names.#socket.send(names.#answer(question), from.port, from.address),
    );
    await new Promise<void>((done) => names.#socket.bind(0, "127.0.0.1", done));
    names.address = `127.0.0.1:${names.#socket.address().port}`;
    return names;
  }

  publish(name: string, text: string): void {
    this.#texts.set(name, text);
  }

  stop(): void {
    this.#socket.close();
  }

  #answer(question: Buffer): Buffer {
    // The header has twelve bytes; the name is a row of labels that ends with an empty one.
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString("latin1", at + 1, at + 1 + length));
      at += 1 + length;
    }
    const end = at + 1 + 4;
    const text = this.#texts.get(labels.join(".").toLowerCase());
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(text === undefined ? 0x8583 : 0x8580, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(text === undefined ? 0 : 1, 6);
    const parts = [header, question.subarray(12, end)];
    if (text !== undefined) {
      // The name of the question (a pointer to it), TXT, IN, a minute.
      const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
      const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, data.length]);
      parts.push(record, data);
    }
    return Buffer.concat(parts);
  }
}
