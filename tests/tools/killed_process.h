// A process that is killed in the middle of its work, for tests of what it leaves behind.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

namespace actionflow::testing {

// To be called at the end of such work: nothing that stands open is closed.
[[noreturn]] inline void die_by_kill() {
  ::kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Does `work` in a process of its own, a copy of this one, and returns when it is gone; true where it died by
// die_by_kill(), false where it threw, returned or hung for two minutes.
template <class Work>
bool dies_by_kill(Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr unsigned kMostSeconds = 120;
    alarm(kMostSeconds);
    try {
      work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    _exit(1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return false;
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal != SIGKILL) std::fprintf(stderr, "ended by signal %d, code %d\n", signal, WEXITSTATUS(status));
  return signal == SIGKILL;
}

}  // namespace actionflow::testing
