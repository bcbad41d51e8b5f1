// Packets into a video file as they came, without encoding anew.
//
// The first packet is a key frame, shown at second 0. Whatever stands at the path is begun anew; without
// finish() the file is removed again. Belongs to one thread. Throws Error (exit code 5) that names the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "datasets/video/packet.h"

namespace actionflow {

class PacketWriter {
 public:
  // The suffix of a container that takes the codec, one that browsers play where there is one; empty where
  // none takes it, or it is not compressed.
  static std::string suffix_for(const CodecParameters& parameters);

  // `suffix` is one of suffix_for()'s, whatever the path's own is. `first` is the packet that will be written
  // first: of what a live stream has not said of its pictures by then, it tells their size.
  PacketWriter(std::filesystem::path path, const std::string& suffix, const CodecParameters& parameters,
               const Packet& first);
  ~PacketWriter();
  PacketWriter(const PacketWriter&) = delete;
  PacketWriter& operator=(const PacketWriter&) = delete;

  // In the order of decoding. Pictures that are shown before the first one are left out.
  void write(const Packet& packet);
  // Writes the container's end, and has the disk hold it.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace actionflow
