//! A shell that makes the server, starts and stops it when it is told to, and clears everything away when nobody is there any more to tell it
//! anything: its input ends when the test program does, however that ends.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

use crate::programs;

const SCRIPT: &str = r#"
cd "$FOLDER" || exit 1
say() { if "$@" >>output 2>&1; then echo ok; else echo failed; fi; }
options="-c listen_addresses= -c unix_socket_directories=$FOLDER -c max_connections=300 -c shared_buffers=32MB -c synchronous_commit=off"
say "$PROGRAMS/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync
if [ -n "$TLS_KEY" ]; then
    (umask 077 && printf '%s' "$TLS_KEY" >server.key)
    printf '%s' "$TLS_CERTIFICATE" >server.pem
    printf '%s' "$TLS_AUTHORITY" >ca.pem
    printf '%s\n' "local all all trust" "hostssl all all 127.0.0.1/32 trust clientcert=verify-ca" >data/pg_hba.conf
    options="$options -c ssl=on -c ssl_cert_file=$FOLDER/server.pem -c ssl_key_file=$FOLDER/server.key -c ssl_ca_file=$FOLDER/ca.pem"
    options="$options -c listen_addresses=127.0.0.1 -c port=$TLS_PORT"
fi
while read -r verb; do
    case "$verb" in
        start) say "$PROGRAMS/pg_ctl" --pgdata=data --wait --log=log --options="$options" start ;;
        crash) say "$PROGRAMS/pg_ctl" --pgdata=data --wait --mode=immediate stop ;;
    esac
done
"$PROGRAMS/pg_ctl" --pgdata=data --wait --mode=immediate stop >/dev/null 2>&1
rm -rf "$FOLDER"
"#;

pub(crate) struct Keeper {
    folder: PathBuf,
    pipes: Mutex<(Option<ChildStdin>, BufReader<ChildStdout>)>,
    shell: Mutex<Child>,
}

impl Keeper {
    /// `environment`: what the script is given beside its folder.
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        // Short: the path of a socket may have about a hundred characters. The shell clears it away.
        let folder = tempfile::Builder::new().prefix("og-pg-").tempdir_in("/tmp").unwrap().keep();
        let mut shell = programs::shell_of_the_server(&folder)
            .args(["-c", SCRIPT])
            .env("FOLDER", &folder)
            .env("PROGRAMS", programs::folder())
            .envs(environment.iter().copied())
            // Ctrl-C is for the tests; the shell notices that they are gone.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipes = (shell.stdin.take(), BufReader::new(shell.stdout.take().unwrap()));
        let keeper = Self { folder, pipes: Mutex::new(pipes), shell: Mutex::new(shell) };
        keeper.hear("initdb", &mut keeper.pipes.lock().unwrap().1);
        keeper
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says a verb and waits until it is done.
    pub(crate) fn tell(&self, verb: &str) {
        let (input, output) = &mut *self.pipes.lock().unwrap();
        writeln!(input.as_mut().unwrap(), "{verb}").unwrap();
        self.hear(verb, output);
    }

    fn hear(&self, verb: &str, output: &mut BufReader<ChildStdout>) {
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        let log = |name| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        assert_eq!(answer.trim(), "ok", "{verb}:\n{}\n{}", log("output"), log("log"));
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        // Its input ends, so it clears away.
        self.pipes.get_mut().unwrap().0 = None;
        let _ = self.shell.get_mut().unwrap().wait();
    }
}
