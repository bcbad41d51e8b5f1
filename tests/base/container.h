// A process with a process namespace of its own, as a container has one: it is number 1 there and sees no
// other.
#pragma once

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace actionflow::testing {

// The code (0 to 254) that `work` returns there; -1 (255 as a child's own code) where the system lets nobody
// make a namespace.
template <class Work>
int in_container(Work work) {
  const auto code_of = [](pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) != 255 ? WEXITSTATUS(status) : -1;
  };
  const pid_t outside = ::fork();
  if (outside != 0) return code_of(outside);
  if (::unshare(CLONE_NEWPID) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) ::_exit(255);
  const pid_t first = ::fork();
  if (first == 0) ::_exit(work());
  ::_exit(code_of(first));
}

}  // namespace actionflow::testing
