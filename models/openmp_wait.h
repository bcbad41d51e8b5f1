// How long threads inside one call of a network spin before they sleep.
//
// libgomp spins for milliseconds by default: on a machine that does other things too, a network of many short
// steps then runs ten times slower than it could (robust_3d on two threads beside two busy processes: 36 ms
// instead of 3). It reads its environment when it is loaded, before main().
#pragma once

namespace actionflow {

// To be called first in main(). Starts the program anew with a short spin, unless the user's environment
// says how to wait; then, or when that fails, it returns.
void wait_briefly_at_barriers(char** argv);

}  // namespace actionflow
