//  Pipeline.swift · Pipeline
