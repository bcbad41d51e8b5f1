#include "datasets/video/keyframe.h"

#include "datasets/video/stream_parameters.h"

namespace actionflow {

bool is_keyframe(const Packet& packet) {
  return packet && packet.data()->packet && (packet.data()->packet->flags & AV_PKT_FLAG_KEY) != 0;
}

}  // namespace actionflow
