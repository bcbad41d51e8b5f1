// Time that goes on while the machine is suspended, as that of other machines does.
#pragma once

#include "base/machine/clock.h"

namespace actionflow {

// Its steady time is the system's since it was started, suspensions included (CLOCK_BOOTTIME).
const Clock& boot_clock();

}  // namespace actionflow
