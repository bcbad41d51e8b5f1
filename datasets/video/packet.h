// What passes from a Reader to a Decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace actionflow {

// A compressed packet; cheap to move, reference-counted.
class Packet {
 public:
  struct Data;
  Packet() = default;
  Packet(std::shared_ptr<Data> data, std::int64_t arrival_ns)
      : data_(std::move(data)), arrival_ns_(arrival_ns) {}
  const Data* data() const { return data_.get(); }
  explicit operator bool() const { return data_ != nullptr; }
  // When a reader had it, on its clock's steady time.
  std::int64_t arrival_ns() const { return arrival_ns_; }
  void set_arrival_ns(std::int64_t ns) { arrival_ns_ = ns; }
  // When its picture was taken, nanoseconds since 1970, as the sender says (RTCP's sender reports); 0: it
  // does not.
  std::int64_t taken_ns() const { return taken_ns_; }
  void set_taken_ns(std::int64_t ns) { taken_ns_ = ns; }

 private:
  std::shared_ptr<Data> data_;
  std::int64_t arrival_ns_ = 0;
  std::int64_t taken_ns_ = 0;
};

// What a decoder needs to know of the stream; opaque outside this room (stream_parameters.h).
struct CodecParameters;

}  // namespace actionflow
