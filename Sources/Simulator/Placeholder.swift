//  Simulator.swift · Simulator
