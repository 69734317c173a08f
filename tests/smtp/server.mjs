// A mail server for tests: smtp-server (npm, MIT-0), which others send real mail to. It takes letters on into a
// folder and says on its first line where it listens: a port in the clear that also offers STARTTLS, and one
// that does not.
//
// node server.mjs FOLDER. Recipients say what to do: refused@… is unknown (550), busy@… comes back later (451).
import { createWriteStream, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";

const folder = process.argv[2];
let count = 0;

const answers = { refused: [550, "No such person"], busy: [451, "Come back later"] };

function server(options) {
  const made = new SMTPServer({
    logger: false,
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      if (username === "parlance" && password === "p@ss word") return done(null, { user: username });
      const error = new Error("Wrong user or password");
      error.responseCode = 535;
      return done(error);
    },
    onRcptTo({ address }, _session, done) {
      const answer = answers[address.split("@")[0]];
      if (!answer) return done();
      const error = new Error(answer[1]);
      error.responseCode = answer[0];
      return done(error);
    },
    onData(stream, session, done) {
      count += 1;
      const name = join(folder, `${String(count).padStart(4, "0")}.eml`);
      const file = createWriteStream(`${name}.part`);
      file.write(`X-Envelope-To: ${session.envelope.rcptTo.map(({ address }) => address).join(",")}\r\n`);
      file.write(`X-Secure: ${session.secure}\r\n`);
      stream.pipe(file);
      file.on("finish", () => {
        renameSync(`${name}.part`, name);
        done();
      });
    },
    ...options,
  });
  // A client that trusts nobody's certificate breaks off: that is its right.
  made.on("error", (error) => console.error(error.message.trim()));
  return made;
}

const plain = server({ hideSTARTTLS: true });
const starttls = server({ key: readFileSync(join(folder, "key.pem")), cert: readFileSync(join(folder, "cert.pem")) });
plain.listen(0, "127.0.0.1", () =>
  starttls.listen(0, "127.0.0.1", () => {
    console.log(`plain ${plain.server.address().port} starttls ${starttls.server.address().port}`);
  }),
);
