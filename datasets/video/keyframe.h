// Whether a packet's picture needs no other one.
#pragma once

#include "datasets/video/packet.h"

namespace actionflow {

bool is_keyframe(const Packet& packet);

}  // namespace actionflow
