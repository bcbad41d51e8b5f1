// The ranks that a launcher has started this process as one of: mpirun (Open MPI), srun and others that speak
// PMIx. Without one nothing of MPI is opened, and a process is alone.
#pragma once

#include <memory>

#include "models/training/ranks/ranks.h"

namespace actionflow::training {

// Whether a launcher has started this process, be it as the only one.
bool started_by_launcher();
// As many of the launcher's processes as stand on this machine, this one among them; 1 where it does not say.
int ranks_on_this_machine();

// To be called once. Throws UsageError where a launcher has started several processes and they cannot be
// joined: this build has no MPI, or MPI's library is not there.
std::unique_ptr<Ranks> join_ranks();

}  // namespace actionflow::training
