// Frames from packets.
//
// A frame's arrival is its packet's. Where packets come in another order than pictures are shown (B-frames),
// it is when all those had come that its stream has a decoder wait for before it shows the picture.
//
// A Decoder belongs to a serial node of its stream; it may be destroyed from another
// thread once idle.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "datasets/video/frame.h"
#include "datasets/video/packet.h"

namespace actionflow {

class Decoder {
 public:
  // Throws SourceError when there is no decoder for the codec.
  static std::unique_ptr<Decoder> create(std::shared_ptr<const CodecParameters> parameters,
                                         int codec_threads);
  // For a picture now and then: by the processor, whatever device decodes the stream.
  static std::unique_ptr<Decoder> create_for_picture(std::shared_ptr<const CodecParameters> parameters);
  virtual ~Decoder() = default;

  // Appends the frames that this packet completes, in order of presentation. A damaged packet or
  // frame is counted and passed over, never thrown.
  virtual void decode(const Packet& packet, std::vector<Frame>& frames) = 0;
  // After the last packet.
  virtual void flush(std::vector<Frame>& frames) = 0;

  virtual std::int64_t damaged() const = 0;
  virtual std::int64_t decoded() const = 0;
  // Why no frame came, and the mend, to follow a colon; empty where nothing went wrong.
  virtual std::string failure() const = 0;
};

}  // namespace actionflow
