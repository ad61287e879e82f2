// SPDX-License-Identifier: Apache-2.0
// ns-3 as a link of real hosts: two TAP bridges, `left` and `right`, over two simple devices and
// their channel, in the real-time simulator. Needs libns3-dev; peer_ns3.py builds and runs it.
//
//     tap_bridge DELAY BITS-A-SECOND|0 LOSS-PROBABILITY RUN
//
// Prints a line once both TAPs are there. Not over CSMA, whose bus is busy while a frame
// propagates: one frame a delay.
#include <cstdlib>
#include <iostream>

#include <ns3/core-module.h>
#include <ns3/network-module.h>
#include <ns3/tap-bridge-module.h>

using namespace ns3;

static constexpr uint64_t QUEUES_PER_SECOND = 10; // 100 ms, as a link of Taploom has it

static void addSide(const std::string &name, Ptr<SimpleChannel> channel, uint64_t rateBps,
                    double loss)
{
    Ptr<Node> node = CreateObject<Node>();
    Ptr<SimpleNetDevice> device = CreateObject<SimpleNetDevice>();
    Ptr<RateErrorModel> errors = CreateObject<RateErrorModel>();
    Ptr<TapBridge> bridge = CreateObject<TapBridge>();

    device->SetAddress(Mac48Address::Allocate());
    if (rateBps > 0) {
        uint64_t queueBytes = std::max<uint64_t>(rateBps / 8 / QUEUES_PER_SECOND, 16 * 1514);

        device->SetAttribute("DataRate", DataRateValue(DataRate(rateBps)));
        device->SetQueue(CreateObjectWithAttributes<DropTailQueue<Packet>>(
            "MaxSize", QueueSizeValue(QueueSize(QueueSizeUnit::BYTES, queueBytes))));
    }
    if (loss > 0) {
        errors->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
        errors->SetRate(loss);
        device->SetReceiveErrorModel(errors);
    }
    device->SetChannel(channel);
    node->AddDevice(device);
    bridge->SetAttribute("Mode", StringValue("UseLocal"));
    bridge->SetAttribute("DeviceName", StringValue(name));
    node->AddDevice(bridge);
    bridge->SetBridgedNetDevice(device);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    GlobalValue::Bind("SimulatorImplementationType", StringValue("ns3::RealtimeSimulatorImpl"));
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    RngSeedManager::SetRun(std::strtoull(argv[4], nullptr, 10));

    Ptr<SimpleChannel> channel = CreateObject<SimpleChannel>();
    channel->SetAttribute("Delay", StringValue(argv[1]));
    for (const char *name : {"left", "right"})
        addSide(name, channel, std::strtoull(argv[2], nullptr, 10), std::strtod(argv[3], nullptr));
    Simulator::Schedule(MilliSeconds(100), [] { std::cout << "ready" << std::endl; });
    Simulator::Stop(Hours(1));
    Simulator::Run();
    Simulator::Destroy();
    return 0;
}
