//! What a compiling process can still ask of the kernel once it has its task: time, memory, threads of its own, randomness, and the pipes that are
//! open. It can open no file and no connection, start no program and touch no other process, so that a defect in the decoder or the compiler gives
//! whoever made the component a process that can do nothing but answer wrongly. What is not listed is answered "not implemented", as by an
//! older kernel, because libraries go on without it.

use std::io;

/// Shuts the process in, all its threads, for good. Linux on x86-64, 64-bit ARM and RISC-V; elsewhere it does nothing.
pub(super) fn confine() -> io::Result<()> {
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
    {
        let refused =
            |cause: &dyn std::fmt::Display| io::Error::other(format!("the process cannot be confined (seccomp): {cause}"));
        let filter = filter::program().map_err(|cause| refused(&cause))?;
        seccompiler::apply_filter_all_threads(&filter).map_err(|cause| refused(&cause))?;
    }
    Ok(())
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
mod filter {
    use seccompiler::SeccompCmpArgLen::{Dword, Qword};
    use seccompiler::SeccompCmpOp::{Eq, Le, MaskedEq};
    use seccompiler::{BackendError, BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule};

    /// Whatever their arguments are.
    const ALLOWED: [libc::c_long; 46] = [
        // The pipes that are open, and the runtime's own.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_lseek,
        libc::SYS_ppoll,
        libc::SYS_epoll_ctl,
        libc::SYS_epoll_pwait,
        // Memory.
        libc::SYS_brk,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_membarrier,
        libc::SYS_getrandom,
        // Time.
        libc::SYS_clock_gettime,
        libc::SYS_clock_getres,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_gettimeofday,
        libc::SYS_getrusage,
        // Threads of its own, and how they end. Making one is below.
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getcpu,
        libc::SYS_set_robust_list,
        libc::SYS_set_tid_address,
        libc::SYS_rseq,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_getppid,
        libc::SYS_getuid,
        libc::SYS_geteuid,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
        libc::SYS_prctl,
        libc::SYS_sysinfo,
        libc::SYS_uname,
        // Signals of its own: a guest that traps is one.
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
    ];

    /// Those that 64-bit ARM and RISC-V never had.
    #[cfg(target_arch = "x86_64")]
    const OF_OLD: [libc::c_long; 3] = [libc::SYS_poll, libc::SYS_epoll_wait, libc::SYS_arch_prctl];
    #[cfg(not(target_arch = "x86_64"))]
    const OF_OLD: [libc::c_long; 0] = [];

    pub(super) fn program() -> Result<BpfProgram, BackendError> {
        let always = ALLOWED.into_iter().chain(OF_OLD).map(|call| (call, Vec::new()));
        // A thread, no process. The newer call hides what it wants behind a pointer; without it, libraries use this one.
        let thread = libc::CLONE_THREAD as u64;
        let thread = SeccompRule::new(vec![SeccompCondition::new(0, Qword, MaskedEq(thread), thread)?])?;
        // Aborting is a signal to itself.
        let itself = SeccompRule::new(vec![SeccompCondition::new(0, Dword, Eq, std::process::id().into())?])?;
        // Flags of what is open. The other commands have the kernel send signals to whomever they name.
        let flags = SeccompRule::new(vec![SeccompCondition::new(1, Dword, Le, libc::F_SETFL as u64)?])?;
        let some = [(libc::SYS_clone, vec![thread]), (libc::SYS_tgkill, vec![itself]), (libc::SYS_fcntl, vec![flags])];
        let rules = always.chain(some).collect();
        let otherwise = SeccompAction::Errno(libc::ENOSYS as u32);
        SeccompFilter::new(rules, otherwise, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?.try_into()
    }

    #[cfg(test)]
    mod tests {
        use std::net::{TcpListener, TcpStream};
        use std::process::Command;

        use super::*;

        /// In a thread of its own, which alone is confined.
        fn confined<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
            let act = move || {
                seccompiler::apply_filter(&program().unwrap()).unwrap();
                act()
            };
            std::thread::spawn(act).join().unwrap()
        }

        #[test]
        fn nothing_is_opened_started_or_ended_any_more() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let mut child = Command::new("sleep").arg("60").spawn().unwrap();
            let pid = rustix::process::Pid::from_child(&child);
            let done = confined(move || {
                [
                    std::fs::File::open("/etc/passwd").is_ok(),
                    std::fs::write("/tmp/confined", "").is_ok(),
                    TcpStream::connect(address).is_ok(),
                    Command::new("true").status().is_ok(),
                    rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok(),
                ]
            });
            assert_eq!(done, [false; 5]);
            assert!(child.try_wait().unwrap().is_none(), "the other process lives");
            child.kill().unwrap();
            child.wait().unwrap();
        }

        #[test]
        fn threads_memory_and_time_go_on() {
            let sum = confined(|| {
                let part = |number: u64| std::thread::spawn(move || vec![number; 1_000_000].into_iter().sum::<u64>());
                let parts: Vec<_> = (1..=3).map(part).collect();
                std::thread::sleep(std::time::Duration::from_millis(1));
                parts.into_iter().map(|part| part.join().unwrap()).sum::<u64>()
            });
            assert_eq!(sum, 6_000_000);
        }
    }
}
